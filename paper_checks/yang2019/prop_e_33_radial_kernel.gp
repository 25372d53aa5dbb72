# $\mathbb E\,\|Gh\|^\beta\phi\phi$ for a batch whose covariance is stretched by $\lambda_1$ in one direction: as a mean over the uniform sphere
# weighted with $K$ (discs), and by Laplace's method without a sphere (line).
set title sprintf("One direction of the batch stretched, B = %g, β = %s", setting("B") + 0, number("beta"))
set xlabel "variance λ₁ in that direction"
set ylabel "mean"
set logscale x
set xrange [0.09:11]
plot table using "lambda":"laplace" with lines linestyle 1 title "Laplace", \
     "" using "lambda":"sphere" with points linestyle 2 title "sphere, weighted"
