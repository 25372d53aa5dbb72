# The covariance $C[\phi|\rho]$ of leaky relu by its closed form (lines) and by quadrature (points), at three negative slopes $a$.
set title "Gaussian covariance of leaky relu"
set xlabel "correlation ρ"
set ylabel "C[φ|ρ]"
set xrange [-1:1]
slopes = setting("a")." ".without("0.3 0.6", setting("a"))
plot for [i=1:words(slopes)] table using "rho":(column(-1) == i - 1 ? column("printed") : NaN) with lines linecolor rgb hue(i) linewidth 2 \
         title "a = ".gprintf("%g", word(slopes, i) + 0), \
     for [i=1:words(slopes)] "" using "rho":(column(-1) == i - 1 ? column("quadrature") : NaN) with points pointtype 6 pointsize 0.7 linecolor rgb hue(i)
