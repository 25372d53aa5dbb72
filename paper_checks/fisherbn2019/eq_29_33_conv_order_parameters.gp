# $\tilde q_{\alpha\beta,xy}/\tilde q_{xy}$ by layer in drawn networks: products of gradients at different sites over those at the same site. Below a read-out that flattens the map (vermilion) it is 0; below one that sums over it (blue) it is nearly 1
# in the last map, and falls where the map grows.
set title "Gradients at different sites"
set xlabel "layer l"
set ylabel "q̃_{αβ,xy} / q̃_{xy}"
set xrange [0.8:setting("L") - 0.8]
set yrange [-0.2:1.2]
set xtics 1
plot 0 with lines linestyle 8, 1 with lines linestyle 8, \
     for [i=1:2] table using "l":(pick(word("flattened summed", i), column("delta_ratio"))):"delta_ratio_err" with yerrorbars linestyle 1 + i pointtype 7 pointsize 0.9 title word("flattened summed", i), \
     for [i=1:2] "" using "l":(pick(word("flattened summed", i), column("delta_ratio"))) with lines linestyle 1 + i linewidth 1
