# Derivatives of one entry of $\mathrm V\phi(\Sigma)$, by its covariance (black) and by one of its variances (blue), against the correlation: as printed (lines) and by
# extrapolated differences (points). Variances are 1.3 and 0.6.
set title "Derivatives of E φ(x)φ(y), α = ".number("alpha").", a = ".number("a").", b = ".number("b")
set xlabel "correlation c"
set ylabel "derivative"
set xrange [-1:1]
plot table using "c":"by_covariance" with lines linestyle 1 title "by Σ_{12}", \
     "" using "c":"by_variance" with lines linestyle 3 title "by Σ_{11}", \
     "" every 2 using "c":"difference" with points linestyle 2 title "differences", \
     "" every 2 using "c":"difference_q" with points linestyle 2
