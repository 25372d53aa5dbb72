# How far the left side of Theorem 1 stands above the right one at infinite width; below 1 (blue) the theorem would fail. The smallest ratio that a
# search over mixed networks finds (green) comes down to $4e$ (dashed); what leaves the picture at the top is further from failing.
set title "Theorem 1: the ratio of its two sides"
set xlabel "depth L (non-linear layers)"
set ylabel "Π P′(1) / bound"
set logscale xy
set yrange [0.5:1e12]
set format y "10^{%L}"
@depths
@two_rows
ratio(name) = pick(name, column("slopes") / column("bound"))
plot table using "L":(ratio("chosen")) with lines linestyle 1 title setting("phi").(setting("s") < 0 ? ", critical" : ", s = ".number("s")), \
     "" using "L":(ratio("relu")) with lines linestyle 7 title "relu", \
     "" using "L":(ratio("erf, s = 0")) with lines linestyle 5 title "erf, s = 0", \
     "" using "L":(ratio("erf, s = 0.2")) with lines linestyle 6 title "erf, s = 0.2", \
     "" using "L":(ratio("all in turn")) with lines linestyle 2 linewidth 2 title "13 kinds in turn", \
     "" using "L":(ratio("search")) with points linestyle 4 pointsize 1.2 title "search", \
     4 * exp(1) with lines linestyle 8, 1 with lines linestyle 3
