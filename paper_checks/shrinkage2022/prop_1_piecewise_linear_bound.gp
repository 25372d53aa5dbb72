# How far convex maps $g$ stay below the two segments of Property 1, against their excess convexity: the left segment over $g$ (above) and $1-g$
# over $1$ less the right segment (below), each at its least. 1 is the bound (blue); searches over series and polygons (green) come to it; ratios
# above 100 are drawn at 100.
set title "Maps against the two segments"
set ylabel "segment / g"
set logscale xy
@tight
set format y "%g"
set ytics (1, 2, 5, 10, 20, 50, 100)
set yrange [*:*] noextend
@upper
@two_rows
to_hundred(x) = x > 100 ? 100 : x
plot $two using (1):(reach(0.8, 2)) with points pointsize 0, \
     table using "e":(pick("random polygons", to_hundred(column("left")))) with points pointtype 7 pointsize 0.35 linecolor rgb sky title "random polygons", \
     "" using "e":(pick("random series", to_hundred(column("left")))) with points linestyle 2 title "random series", \
     "" using "e":(pick("search over series", column("least_left"))) with linespoints linestyle 4 title "search, series", \
     "" using "e":(pick("search over polygons", column("least_left"))) with points linestyle 4 pointtype 4 pointsize 1 title "search, polygons", \
     1 with lines linestyle 3
@lower
set xlabel "excess convexity e(g)"
set ylabel "(1 − g) / (1 − seg.)"
set format x "10^{%L}"
plot $two using (1):(reach(0.8, 2)) with points pointsize 0, \
     table using "e":(pick("random polygons", to_hundred(column("right")))) with points pointtype 7 pointsize 0.35 linecolor rgb sky, \
     "" using "e":(pick("random series", to_hundred(column("right")))) with points linestyle 2, \
     "" using "e":(pick("search over series", column("least_right"))) with linespoints linestyle 4, \
     "" using "e":(pick("search over polygons", column("least_right"))) with points linestyle 4 pointtype 4 pointsize 1, \
     1 with lines linestyle 3
