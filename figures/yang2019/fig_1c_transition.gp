# The variance of the diagonal (red) and of the off-diagonal entries (blue) of a batch's covariance after many layers, against the power of relu, for the
# paper's width and (orange, sky) for a quarter of that. Grey: where the symmetric fixed point becomes unstable.
set title sprintf("relu^α, batches of %s, width %s", setting("B"), setting("N"))
set xlabel "α"
set ylabel "variance of covariance entries"
set logscale y
set format y "10^{%L}"
stats table using "transition" nooutput
critical = STATS_min
set arrow 1 from critical, graph 0 to critical, graph 1 nohead linestyle 8
set label 1 sprintf("λ_L = 1 at α = %.3f", critical) at critical, graph 0.06 offset 0.8,0 textcolor rgb grey
plot table using "alpha":"diagonal" with lines linetype 2 title "diagonal", \
     "" using "alpha":"off_diagonal" with lines linestyle 3 title "off the diagonal", \
     "" using "alpha":"diagonal_narrow" with lines linestyle 5 title "diagonal, N/4", \
     "" using "alpha":"off_diagonal_narrow" with lines linestyle 7 title "off, N/4"
