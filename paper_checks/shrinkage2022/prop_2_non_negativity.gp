# Excess convexity over the sag $1-2g(1/2)$, which vanishes for the identity only: never below 1 (blue), so $e$ is not negative and vanishes for the
# identity only. Searches (green) come to 1 where the sag is small, and polygons everywhere.
set title "Excess convexity over the sag at one half"
set xlabel "sag 1 − 2 g(1/2)"
set ylabel "e(g) / sag"
set logscale xy
set yrange [*:*] noextend
set format x "10^{%L}"
@tight
set format y "%g"
set ytics (1, 2, 5, 10, 20, 50, 100)
@two_rows
ratio(name, e) = pick(name, column(e) / column("sag"))
plot $two using (1):(reach(0.8, 2)) with points pointsize 0, \
     table using "sag":(ratio("random polygons", "e")) with points pointtype 7 pointsize 0.35 linecolor rgb sky title "random polygons", \
     "" using "sag":(ratio("random series", "e")) with points linestyle 2 title "random series", \
     "" using "sag":(ratio("search over series", "least")) with linespoints linestyle 4 title "search, series", \
     "" using "sag":(ratio("search over polygons", "least")) with points linestyle 4 pointtype 4 pointsize 1 title "search, polygons", \
     1 with lines linestyle 3
