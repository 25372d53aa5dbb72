# The derivative of the covariance $C[\phi|\rho]$: the covariance of the derivative, $C[\phi'|\rho]$ (black), and differences of $C[\phi|\rho]$
# (red). Below, the latter less the former, with the error that the extrapolated differences state.
stats table using (1e12 * column("difference_err")) nooutput
gap = steps(2 * STATS_max)
set title "Slope of the Gaussian covariance, ".setting("phi")
set ylabel "dC[φ|ρ] / dρ"
set xrange [-1:1]
set xtics 0.5
@upper
plot table using "rho":"covariance" with lines linestyle 1 title "C[φ′|ρ]", \
     "" using "rho":"difference" with points linestyle 2 pointsize 0.7 title "differences of C[φ|ρ]"
@lower
set ytics gap
set xlabel "correlation ρ"
set ylabel "difference · 10^{12}"
plot 0 with lines linestyle 8, \
     table using "rho":(1e12 * (column("difference") - column("covariance"))):(1e12 * column("difference_err")) with yerrorbars linestyle 2
