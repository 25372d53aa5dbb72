# Property 8: $e(p\,\mathrm{id}+q\,g)$ over $qe(g)/(1+pe(g))$. No map falls below 1 (blue); the least ratio that a search finds (green) comes near
# it.
set title "Mixing a convex map with the identity"
set xlabel "bound q e(g) / (1 + p e(g))"
set ylabel "e(p id + q g) / bound"
set logscale x
set format x "10^{%L}"
@tight
@two_rows
ratio(name) = pick(name, column("e") / column("bound"))
plot table using "bound":(ratio("random polygons")) with points pointtype 7 pointsize 0.35 linecolor rgb sky title "random polygons", \
     "" using "bound":(ratio("random series")) with points linestyle 2 title "random series", \
     "" using "bound":(ratio("search over series")) with points linestyle 4 pointsize 1.3 title "least found", \
     1 with lines linestyle 3 title "bound"
