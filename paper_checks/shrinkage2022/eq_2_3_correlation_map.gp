# One layer's correlation map (2.3) for three activations: infinite width (lines) and the mean over drawn layers (points). Below, the difference
# with one standard error.
stats table using (column("network") - column("map")) nooutput
gap = steps(2 * (STATS_max - STATS_min))
set title "One layer, ".variances(setting("s") + 0).", N = ".setting("N")
set ylabel "P(ρ)"
set xrange [-1:1]
set xtics 0.5
names = setting("phi")." ".without("relu gelu", setting("phi"))
kind(i, value) = strcol(1) eq word(names, i) ? value : NaN
set datafile missing NaN
@upper
plot x with lines linestyle 8 title "identity", \
     for [i=1:words(names)] table using "rho":(kind(i, column("map"))) smooth unique with lines linecolor rgb hue(i) linewidth 2 title word(names, i), \
     for [i=1:words(names)] "" using "rho":(kind(i, column("network"))):"network_err" with yerrorbars linecolor rgb hue(i) pointtype 7 pointsize 0.5
@lower
set ytics gap
set xlabel "correlation before the layer, ρ"
set ylabel "networks − map"
plot 0 with lines linestyle 8, \
     for [i=1:words(names)] table using (column("rho") + 0.012 * (i - 2)):(kind(i, column("network") - column("map"))):"network_err" \
         with yerrorbars linecolor rgb hue(i) pointtype 7 pointsize 0.5
