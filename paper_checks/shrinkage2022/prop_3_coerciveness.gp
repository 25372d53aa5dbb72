# $\sup|g-\mathrm{id}|$ over what Property 3 allows, $e/(1+e)$, against excess convexity: never above 1 (blue). Searches for the furthest map
# (green) come to 1 with polygons.
set title "Distance from the identity over its bound"
set xlabel "excess convexity e(g)"
set ylabel "sup |g − id| (1 + e) / e"
set logscale x
set format x "10^{%L}"
@tight
set offsets graph 0.02, graph 0.02, graph 0.03, 0
@two_rows
ratio(name, distance) = pick(name, column(distance) * (1 + 1 / column("e")))
e(name) = pick(name, column("e"))
plot table using (e("random polygons")):(ratio("random polygons", "distance")) with points pointtype 7 pointsize 0.35 linecolor rgb sky title "random polygons", \
     "" using (e("random series")):(ratio("random series", "distance")) with points linestyle 2 title "random series", \
     "" using (e("search over series")):(ratio("search over series", "furthest")) with linespoints linestyle 4 title "search, series", \
     "" using (e("search over polygons")):(ratio("search over polygons", "furthest")) with points linestyle 4 pointtype 4 pointsize 1 title "search, polygons", \
     1 with lines linestyle 3
