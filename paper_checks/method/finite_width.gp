# How far networks are from the limit of infinite width, in parts of the limit: sizes of biases with one standard error, where they are more than two (points), and their fit by
# $b/N$ (lines); where a line crosses the dashed one the limit is good to one per cent. Below, the spread over networks of the logarithm of squared gradients, through a quarter of the
# layers measured, and a line of slope $-1/2$.
@upper
@two_rows
set logscale xy
set title sprintf("%s, B = %s", setting("phi"), setting("B"))
set ylabel "bias / limit"
set format y "10^{%T}"
stats table using (strcol(1)[1:6] ne "spread" ? column("size") : NaN) nooutput
set xrange [STATS_min / 1.3:STATS_max * 1.3]
set yrange [*:*]
names = '"rate, weights reused" "rate, fresh weights" "fresh less reused" "correlation" "between batches" "q"'
share(value) = abs(value / column("limit"))
seen = '(column("bias")**2 > 4 * column("bias_err")**2 ? share(column("bias")) : NaN)'
plot for [i=1:6] table using "size":(pick(word(names, i), @seen)):(share(column("bias_err"))) with yerrorbars linetype i + 1 pointsize 0.6 title word(names, i), \
     for [i=1:6] "" using "size":(pick(word(names, i), share(column("coefficient") + 0 * column("exponent")) / column("size"))) with lines linetype i + 1 linewidth 1, \
     0.01 with lines linestyle 8
@lower
set format y "10^{%T}"
set autoscale y
set yrange [*:*]
set ylabel "spread"
set xlabel "N"
narrowest = NaN
stats table using (strcol(1) eq "spread over width" && column("size") == STATS_min ? column("bias") : NaN) nooutput name "first"
stats table using (strcol(1) eq "spread over width" ? column("size") : NaN) nooutput name "sizes"
plot first_max * sqrt(sizes_min / x) with lines linestyle 8, table using "size":(pick("spread over width", column("bias"))):"bias_err" with yerrorbars linestyle 2 pointsize 0.6
