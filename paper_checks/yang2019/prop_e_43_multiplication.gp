# How $x^2C_n^{(\lambda)}$ splits into $C_{n+2}$, $C_n$ and $C_{n-2}$ for $\lambda=2.5$ (a batch of eight): the coefficients of proposition E.43 (lines) and, for
# the middle one, an integral (points). All tend to those of $\cos^2$: $\frac14,\frac12,\frac14$ (grey).
set title "x² times a Gegenbauer polynomial, λ = 2.5"
set xlabel "degree n"
set ylabel "coefficient"
set yrange [0:*]
@tight
only(v) = column("lambda") == 2.5 ? v : NaN
plot 0.25 with lines linestyle 8, 0.5 with lines linestyle 8, \
     table using "n":(only(column("kappa_2"))) with lines linestyle 3 title "κ₂", "" using "n":(only(column("kappa_0"))) with lines linestyle 1 title "κ₀", \
     "" using (column("n") < 2 ? NaN : column("n")):(only(column("kappa_minus_2"))) with lines linestyle 4 title "κ_{−2}", \
     "" using "n":(only(column("integral_0"))) with points linestyle 2 title "integral"
