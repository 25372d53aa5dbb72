# $e(g_2\circ g_1)$ over $e(g_1)+e(g_2)$: never below 1 (blue). Polygons reach it (green squares); layers of critical networks, 2, 4, … 64 of them
# (black, purple), gain more the more there are.
set title "Excess convexity of a composition"
set xlabel "e(g_1) + e(g_2)"
set ylabel "e(g_2 ∘ g_1) / (e(g_1) + e(g_2))"
set logscale xy
set yrange [*:*] noextend
set format x "10^{%L}"
@tight
@two_rows
ratio(name, e) = pick(name, column(e) / column("sum"))
plot $two using (1):(reach(0.8, 2)) with points pointsize 0, \
     table using "sum":(ratio("random pairs", "e")) with points linestyle 2 title "random pairs", \
     "" using "sum":(ratio("critical erf layers", "e")) with linespoints linestyle 1 pointtype 9 pointsize 0.8 title "erf layers", \
     "" using "sum":(ratio("critical relu layers", "e")) with linespoints linestyle 6 pointtype 5 pointsize 0.6 title "relu layers", \
     "" using "sum":(ratio("search over series", "least")) with linespoints linestyle 4 title "search, series", \
     "" using "sum":(ratio("search over polygons", "least")) with points linestyle 4 pointtype 4 pointsize 1 title "search, polygons", \
     1 with lines linestyle 3
