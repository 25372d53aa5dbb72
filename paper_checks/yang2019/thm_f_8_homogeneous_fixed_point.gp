# Entries of the symmetric fixed point against the batch size: $K_{\alpha,B}\mathsf J_\phi(1)$ (black) and $K_{\alpha,B}\mathsf J_\phi(\frac{-1}{B-1})$ (blue), and the same by
# quadrature over the sphere (points).
set title "Symmetric fixed point of ".setting("phi")
set xlabel "batch size B"
set ylabel "entry"
set logscale x
set xrange [3.5:1200]
plot table using "B":"diagonal" with lines linestyle 1 title "variance", \
     "" using "B":"off" with lines linestyle 3 title "covariance", \
     "" using "B":"sphere_diagonal" with points linestyle 2 title "sphere", \
     "" using "B":"sphere_off" with points linestyle 2
