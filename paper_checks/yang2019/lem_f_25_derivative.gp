# The derivative of a variance (black) and of a covariance (blue) of $\phi\circ n$ in directions $G\,\mathrm{diag}(\cos t,\sin t,0,\dots)\,G$: equation 50 (lines) and the
# Jacobian's matrix of integrals over the sphere (points).
set title "Near an isotropic covariance, α = ".number("alpha").", B = ".number("B")
set xlabel "direction t"
set ylabel "derivative"
set xrange [0:6]
plot table using "t":"diagonal" with lines linestyle 1 title "variance", \
     "" using "t":"off" with lines linestyle 3 title "covariance", \
     "" every 2 using "t":"matrix_diagonal" with points linestyle 2 title "matrix", \
     "" every 2 using "t":"matrix_off" with points linestyle 2
