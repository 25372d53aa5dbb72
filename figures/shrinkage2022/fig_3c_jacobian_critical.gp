# Singular values of the Jacobian of critical erf networks against depth: the largest, which is the operator norm, and the smallest on the tangent
# space (red, geometric means with one standard error), and the root mean square (green), which stays at its infinite-width value 1 (black) while
# the largest grows. Beyond depth 2 the smallest is lost in rounding.
set title "erf networks of width ".setting("N").", critical variances"
set ylabel "singular value"
set logscale xy
@depths
low(x) = exp(column(x) - column(x."_err"))
high(x) = exp(column(x) + column(x."_err"))
half_low(x) = exp((column(x) - column(x."_err")) / 2)
half_high(x) = exp((column(x) + column(x."_err")) / 2)
@upper
@two_rows
set yrange [*:*] noextend
set format y "%g"
set ytics (0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000)
plot $two using (1):(reach(0.5, 10)) with points pointsize 0, \
     table using "L":(exp(column("log_largest"))):(low("log_largest")):(high("log_largest")) with yerrorlines linestyle 2 title "largest", \
     "" using "L":"theory" with lines linestyle 1 title "RMS, infinite width", \
     "" using "L":(exp(column("log_mean_square") / 2)):(half_low("log_mean_square")):(half_high("log_mean_square")) with yerrorbars linestyle 4 title "RMS, networks"
set autoscale y; set ytics auto
@lower
set xlabel "depth L (non-linear layers)"
set ylabel "smallest"
set format y "10^{%L}"
plot table using "L":(exp(column("log_smallest"))):(low("log_smallest")):(high("log_smallest")) with yerrorlines linestyle 2
