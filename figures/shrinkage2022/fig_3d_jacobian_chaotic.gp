# Singular values of the Jacobian of chaotic erf networks against depth: the largest, which is the operator norm, and the smallest on the tangent
# space (red, geometric means with one standard error), the root mean square (green) and its infinite-width value (black), and the bound (4.3) on
# the operator norm (blue). Beyond depth 2 the smallest is lost in rounding.
set title "erf networks of width ".setting("N").", ".variances(setting("s") + 0)
set ylabel "singular value"
set logscale xy
@depths
@two_rows
low(x) = exp(column(x) - column(x."_err"))
high(x) = exp(column(x) + column(x."_err"))
half_low(x) = exp((column(x) - column(x."_err")) / 2)
half_high(x) = exp((column(x) + column(x."_err")) / 2)
@upper
set format y "10^{%L}"
plot table using "L":(exp(column("log_largest"))):(low("log_largest")):(high("log_largest")) with yerrorlines linestyle 2 title "largest", \
     "" using "L":"theory" with lines linestyle 1 title "RMS, infinite width", \
     "" using "L":"bound" with lines linestyle 3 title "bound (4.3)", \
     "" using "L":(exp(column("log_mean_square") / 2)):(half_low("log_mean_square")):(half_high("log_mean_square")) with yerrorbars linestyle 4 title "RMS, networks"
@lower
set xlabel "depth L (non-linear layers)"
set ylabel "smallest"
set format y "10^{%L}"
plot table using "L":(exp(column("log_smallest"))):(low("log_smallest")):(high("log_smallest")) with yerrorlines linestyle 2
