# The covariance of $\phi(X)$ and $\phi(Y)$ for unit Gaussians of correlation $c$: the two arc-cosine kernels of Proposition E.18 (line), and quadrature over the
# pair (points).
set title "Covariance of ".setting("phi")
set xlabel "correlation c"
set ylabel "E φ(X) φ(Y)"
set xrange [-1:1]
plot table using "c":"printed" with lines linestyle 1 title "c_α J_φ(c)", \
     "" using "c":"quadrature" with points linestyle 2 title "quadrature"
