# The forward eigenvalues of relu at its symmetric fixed point against the batch size: as printed (lines) and by quadrature over the sphere (points). Grey:
# their limits, $1$ and $\frac\pi{2(\pi-1)}$.
set title "How much of a deviation one layer leaves"
set xlabel "batch size B"
set ylabel "eigenvalue"
set logscale x
set xrange [3.5:14000]
set yrange [0.3:1.05]
plot 1 with lines linestyle 8, pi / 2 / (pi - 1) with lines linestyle 8, \
     table using "B":"L" with lines linestyle 1 title "λ_L", "" using "B":"M" with lines linestyle 3 title "λ_M", \
     "" using "B":"L_sphere" every 3 with points linestyle 2 title "sphere", "" using "B":"M_sphere" every 3 with points linestyle 2
