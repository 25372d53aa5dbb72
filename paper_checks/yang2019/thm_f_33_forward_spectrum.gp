# Forward eigenvalues at the symmetric fixed point against the batch size: theorem F.33 (lines) and quadrature over the sphere (points). Above the grey line
# at 1 deviations grow.
set title "Forward spectrum of ".setting("phi")
set xlabel "batch size B"
set ylabel "eigenvalue"
set logscale x
set xrange [3.5:1200]
plot 1 with lines linestyle 8, \
     table using "B":"L" with lines linestyle 1 title "λ_L", \
     "" using "B":"M" with lines linestyle 3 title "λ_M", \
     "" using "B":"L_sphere" with points linestyle 2 title "sphere", \
     "" using "B":"M_sphere" with points linestyle 2
