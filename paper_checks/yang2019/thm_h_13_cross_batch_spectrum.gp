# The eigenvalues other than 0 of the Jacobian of several batches' covariances, from an explicit matrix (points), and the three numbers that the theorem says they are
# (lines).
set title sprintf("%s batches of %s samples, %s", setting("k"), setting("B"), setting("phi")) noenhanced
set xlabel "number of the eigenvalue"
set ylabel "eigenvalue"
@tight
set yrange [*:*]
set offsets graph 0.02, graph 0.02, graph 0.05, graph 0.05
plot table using "number":"between" with lines linestyle 1 title "λ_{M̃}", \
     "" using "number":"L" with lines linestyle 3 title "λ_L", \
     "" using "number":"M" with lines linestyle 4 title "λ_M", \
     "" using "number":"eigenvalue" with points linestyle 2 title "matrix"
