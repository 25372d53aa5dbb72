# Norm of the gradient at layer $l$ over that at the output, in critical erf networks: backpropagation through finite networks (red, geometric mean,
# with a band of one standard error) and infinite width (black). It hardly changes from the output, on the right, to the input.
set title "erf networks of width ".setting("N").", critical variances"
set xlabel "layer l (0 is the input)"
set ylabel "gradient norm, over that at the output"
set logscale y
@tight
set yrange [*:*] noextend
set format y "%g"
set ytics (0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 100)
half(x) = exp(x / 2)
plot $two using (0):(reach(0.5, 2)) with points pointsize 0, \
     table using "layer":(half(column("log_gradient2") - column("log_gradient2_err"))):(half(column("log_gradient2") + column("log_gradient2_err"))) \
        with filledcurves linecolor rgb vermilion, \
     "" using "layer":(half(column("log_gradient2"))) with lines linestyle 2 title "networks", \
     "" using "layer":"theory" with lines linestyle 1 title "infinite width"
