# Covariance of two samples of a batch at the symmetric fixed point, of relu (black) and of the identity (blue): as printed (lines) and by quadrature over the
# sphere (points). Grey: relu's limit $\frac1{2\pi}$.
set title "Covariance at the symmetric fixed point"
set xlabel "batch size B"
set ylabel "covariance"
set logscale x
set xrange [3.5:1200]
plot 1 / (2 * pi) with lines linestyle 8, \
     table using "B":"relu" with lines linestyle 1 title "relu", \
     "" using "B":"id" with lines linestyle 3 title "identity", \
     "" using "B":"relu_sphere" with points linestyle 2 title "sphere", \
     "" using "B":"id_sphere" with points linestyle 2
