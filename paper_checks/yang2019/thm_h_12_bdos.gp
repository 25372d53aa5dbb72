# All eigenvalues of a random operator $\mathrm{BDOS}(U,V,w)$ by LAPACK, in increasing order (points); lines: $w$ (blue), on the matrices without diagonal blocks, and the eigenvalues of $U$
# (black), each $k$ times.
set title sprintf("BDOS on %s batches of %s", setting("k"), setting("B"))
set xlabel "index"
set ylabel "eigenvalue"
@tight
stats table using (pick("LAPACK", column("index"))) nooutput
most = STATS_max
plot table using (0):(pick("U", column("eigenvalue"))):(most):(0) with vectors nohead linestyle 1 linewidth 0.7 title "of U", \
     "" using (0):(pick("w", column("eigenvalue"))):(most):(0) with vectors nohead linestyle 3 title "w", \
     "" using "index":(pick("LAPACK", column("eigenvalue"))) with points linestyle 2 title "LAPACK"
