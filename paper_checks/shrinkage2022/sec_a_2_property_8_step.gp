# Excess convexity of residual blocks over two lower bounds: $qe(g)$ as the proof prints it, and $qe(g)/(1+pe(g))$, which Property 8 gives. Below 1
# (line) a bound is refuted: the printed one (red) is, by many of these blocks, and Property 8's (blue) is not.
set title "Excess convexity of residual blocks over two bounds"
set xlabel "e(P̃)"
set ylabel "e(P̃) / bound"
set logscale xy
set format x "10^{%L}"
set yrange [*:*] noextend
set format y "%g"
set ytics (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)
plot $two using (1e-2):(reach(0.5, 2)) with points pointsize 0, \
     1 with lines linestyle 1 linewidth 1, \
     table using "e":(column("e") / column("printed")) with points linestyle 2 pointsize 0.6 title "q e(g)", \
     "" using "e":(column("e") / column("property_8")) with points linestyle 3 pointtype 6 pointsize 0.7 linewidth 1 title "q e(g) / (1 + p e(g))"
