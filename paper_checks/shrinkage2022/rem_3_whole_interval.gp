# The area under a convex map against its excess convexity: at most $1/(2+e)$ (blue), the area under two segments. A large $e$ means that the map is
# flat on nearly the whole interval.
set title "Area under a map"
set xlabel "excess convexity e(g)"
set ylabel "area under g"
set logscale xy
set format xy "10^{%L}"
@tight
plot table using "e":(pick("random polygons", column("area"))) with points pointtype 7 pointsize 0.35 linecolor rgb sky title "random polygons", \
     "" using "e":(pick("random series", column("area"))) with points linestyle 2 title "random series", \
     "" using "e":(pick("two edges", column("area"))) with points pointtype 4 pointsize 1 linecolor rgb black title "two edges", \
     1 / (2 + x) with lines linestyle 3
