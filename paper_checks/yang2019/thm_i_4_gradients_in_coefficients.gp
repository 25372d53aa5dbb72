# The integral of $\sin^{B-1}\theta\,\phi'(-\sqrt{B-1}\cos\theta)$ over $\sqrt{\mu^*}\,\mathrm{Beta}(\frac B2,\frac12)$, against the batch size: from the coefficient of degree 1 (lines) and by quadrature (points).
# Below: the eigenvalue between two batches, in proportion to its square.
@upper
set title "Only degree 1 joins two batches"
set ylabel "integral"
set ytics 0.5
set logscale x
set xrange [3.5:1200]
@two_rows
names = "id relu abs tanh gelu exp x^3"
plot 0 with lines linestyle 8, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("of_a1"))) with lines linetype i title word(names, i) noenhanced, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("integral"))) with points linetype i
@lower
set xlabel "batch size B"
set ylabel "λ between"
set yrange [0:1.05]
set ytics 0.5
plot for [i=1:words(names)] table using "B":(pick(word(names, i), column("rate"))) with lines linetype i
