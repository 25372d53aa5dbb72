# The factor by which the mean squared gradient grows a layer, against the batch size: relu as printed (black), by quadrature over the sphere (red), and a
# linear network (blue). Grey: the limit $\frac\pi{\pi-1}$.
set title "Explosion of gradients with batch normalisation"
set xlabel "batch size B"
set ylabel "λ_G"
set logscale x
set xrange [3.5:14000]
set yrange [0.95:3.2]
plot pi / (pi - 1) with lines linestyle 8 title "π/(π−1)", \
     table using "B":"relu" with lines linestyle 1 title "relu", "" using "B":"sphere" every 3 with points linestyle 2 title "relu, sphere", \
     "" using "B":"linear" with lines linestyle 3 title "linear"
