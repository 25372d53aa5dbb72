# Largest and least variance of the centred batch (black, blue) after Laplace's tilt by $s$, for a random covariance: each is $\lambda/(1+2s\lambda)$, below the
# dashed $1/(2s)$ to which all directions fall together.
set title "Tilted covariance, B = ".setting("B")
set xlabel "s"
set ylabel "eigenvalues of Σ^G(I + 2sΣ^G)^{-1}"
set logscale xy
set format xy "10^{%L}"
@tight
plot table using "s":"largest" with lines linestyle 1 title "largest", \
     "" using "s":"least" with lines linestyle 3 title "least", \
     "" using "s":(column("s") > 0.1 ? 0.5 / column("s") : NaN) with lines linestyle 8 title "1/(2s)"
