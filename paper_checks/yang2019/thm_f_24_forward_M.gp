# The forward eigenvalue on $\mathbb M$ (correlations) against the batch size: the ratio of quadratic forms with the corrected third term (lines) and quadrature over the sphere
# (points). Below: what the form as printed has too much. It is right at $B=5$.
@upper
set title "λ_M, forward"
set ylabel "eigenvalue"
set logscale x
set xrange [3.5:1200]
@two_rows
names = "relu abs tanh exp softplus x^3"
plot 0 with lines linestyle 8, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("series"))) with lines linetype i title word(names, i) noenhanced, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("sphere"))) with points linetype i
@lower
set xlabel "batch size B"
set ylabel "printed − right"
set ytics 0.02
plot 0 with lines linestyle 8, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("printed") - column("series"))) with linespoints linetype i
