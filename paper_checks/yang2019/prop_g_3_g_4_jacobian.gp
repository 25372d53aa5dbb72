# The entries of $F(\Sigma^*)\{\Lambda\}$ for a random $\Lambda$: samples of the four terms (bars: two standard errors) against the operator from
# integrals over two angles. Equal on the line.
set title "Gradients passed back by one layer, B = ".number("B")
set xlabel "operator"
set ylabel "samples"
plot x with lines linestyle 1 title "equal", \
     table using "operator":"samples":(2 * column("samples_err")) with yerrorbars linestyle 2 title "entries of F(Σ*)\\{Λ\\}"
