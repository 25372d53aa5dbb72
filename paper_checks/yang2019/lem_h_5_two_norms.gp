# The mean cosine of two Gaussian vectors whose coordinates have correlation $\rho$, by lemma H.5 with $a=b=\frac12$ (points) and as a hypergeometric function (lines), in
# 4 and in 16 dimensions and the one set.
set title "Mean cosine of two Gaussian vectors"
set xlabel "correlation ρ of coordinates"
set ylabel "E cos(y, z)"
set xrange [-1:1]
set key at graph 0.05, graph 0.95 left top vertical
plot x with lines linestyle 8 title "ρ", \
     for [i=1:3] n = word("4 ".setting("n")." 16", i) + 0 table using (column("n") == n ? column("rho") : NaN):"cosine_closed" with lines linetype i title sprintf("n = %d", n), \
     table using "rho":"cosine" with points linetype 2 title "lemma H.5"
