# Correlation of two signals after residual blocks: the map (A.10) iterated (black) and blocks of finite width (red). Below, networks less map for
# these blocks and three other kinds, with one standard error.
stats table using (column("rho") - column("theory")) nooutput
gap = steps(2 * (STATS_max - STATS_min))
set title "Residual blocks, ".setting("phi").", σ² = ".setting("sigma2")
set ylabel "correlation ρ_l"
set xrange [-0.3:setting("L") + 0.3]
if (setting("L") <= 15) { set xtics 1 }
set yrange [-1:1]
set ytics 0.5
is(p) = abs(column("rho_0") + 0.8 - 0.4 * p) < 0.1
@upper
plot for [p=0:4] table using "block":(is(p) ? pick("chosen", column("theory")) : NaN) with lines linestyle 1 title p == 0 ? "map (A.10)" : "", \
     table using "block":(pick("chosen", column("rho"))):"rho_err" with yerrorbars linestyle 2 title "networks"
@lower
set autoscale y
set ytics gap
set xlabel "block l"
set ylabel "networks − map"
plot 0 with lines linestyle 8, \
     for [i=0:3] table using (column("block") + 0.05 * (column(-1) - 1.5) + 0.006 * column("rho_0")):(column(-1) == i ? column("rho") - column("theory") : NaN):"rho_err" \
        with yerrorbars linecolor rgb i == 0 ? vermilion : hue(i + 3) pointtype 7 pointsize 0.4
