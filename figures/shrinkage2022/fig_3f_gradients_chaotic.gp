# Norm of the gradient at layer $l$ over that at the output, in chaotic erf networks: backpropagation through finite networks (red, geometric mean,
# with a band of one standard error) and infinite width (black). It grows exponentially from the output, on the right, to the input. Blue: the bound
# (4.3) for the Jacobian of the layers above.
set title "erf networks of width ".setting("N").", ".variances(setting("s") + 0)
set xlabel "layer l (0 is the input)"
set ylabel "gradient norm, over that at the output"
set logscale y
@tight
set format y "10^{%L}"
half(x) = exp(x / 2)
plot table using "layer":(half(column("log_gradient2") - column("log_gradient2_err"))):(half(column("log_gradient2") + column("log_gradient2_err"))) \
        with filledcurves linecolor rgb vermilion, \
     "" using "layer":(half(column("log_gradient2"))) with lines linestyle 2 title "networks", \
     "" using "layer":"theory" with lines linestyle 1 title "infinite width", \
     "" using "layer":(column("bound") > 0 ? column("bound") : NaN) with lines linestyle 3 title "bound (4.3)"
