# The share of the norm $\|\phi\|^2$ that the Hermite series misses when it is cut at degree $K$. It falls like a power of $K$ where the activation
# has a kink or a corner in its slope (relu, elu; dashed, relu's asymptote) and faster than any power where it is smooth.
set title "What a cut series misses"
set xlabel "degree K at which the series is cut"
set ylabel "missing part of ‖φ‖²"
set logscale xy
set format y "10^{%L}"
if (setting("K") eq "1") { set xrange [1:2] } else { set xrange [1:*] noextend }
names = setting("phi")." ".without("relu erf gelu elu", setting("phi"))
of(i, value) = column(-1) == i - 1 && column("K") > 0 && value > 0 ? value : NaN
plot for [i=1:words(names)] table using (of(i, column("K"))):(of(i, column("missing"))) with lines linecolor rgb hue(i) linewidth 2 title word(names, i), \
     [2:*] 2 * (x + 1)**-1.5 / (3 * sqrt(2) * pi**1.5) with lines linestyle 8
