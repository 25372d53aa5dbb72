# $(g'(1)-1)/e$ against excess convexity: no map falls below 1 (blue). Polygons reach it (green squares), power series stay above: random ones
# (red), cropped correlation maps (triangles), powers $x^\alpha$ (black), the least that a search finds (green line).
set title "Slope at 1 over excess convexity"
set xlabel "excess convexity e(g)"
set ylabel "(g′(1) − 1) / e(g)"
set logscale xy
set yrange [*:*] noextend
set format x "10^{%L}"
@tight
@two_rows
plot $two using (1):(reach(0.8, 2)) with points pointsize 0, \
     table using "e":(pick("random polygons", column("ratio"))) with points pointtype 7 pointsize 0.35 linecolor rgb sky title "random polygons", \
     "" using "e":(pick("random series", column("ratio"))) with points linestyle 2 title "random series", \
     "" using "e":(pick("powers", column("ratio"))) with lines linestyle 1 title "powers", \
     "" using "e":(pick("cropped correlation maps", column("ratio"))) with points pointtype 9 pointsize 1 linecolor rgb purple title "correlation maps", \
     "" using "e":(pick("search over series", column("least"))) with linespoints linestyle 4 title "search, series", \
     "" using "e":(pick("search over polygons", column("least"))) with points linestyle 4 pointtype 4 pointsize 1 title "search, polygons", \
     1 with lines linestyle 3
