# The form of theorem E.47 between two samples of a batch over that of a sample with itself, against the batch size: by its series in the Gegenbauer
# coefficients of $\phi$ (lines) and by quadrature of the mean of $\phi'\phi'$ (points).
set title "The Dirichlet form between two samples"
set xlabel "batch size B"
set ylabel "relative to one sample with itself"
set logscale x
set xrange [3.5:1200]
names = "relu abs tanh gelu exp x^3"
plot 0 with lines linestyle 8, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("series"))) with lines linetype i title word(names, i) noenhanced, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("sphere"))) with points linetype i
