# The entries of the backward operator applied to $G$: $F\{G\}_{aa}$ (upper) and $F\{G\}_{ab}$ (lower) against the batch size, by series in Gegenbauer
# coefficients (lines) and by quadrature (points). Their difference is the rate of gradient explosion.
@upper
set title "The backward operator on G"
set ylabel "F\\{G\\}_{aa}"
set logscale xy
set xrange [3.5:1200]
@two_rows
names = "id relu abs tanh gelu exp sigmoid"
plot 1 with lines linestyle 8, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("aa_series"))) with lines linetype i title word(names, i) noenhanced, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("aa"))) with points linetype i
@lower
set xlabel "batch size B"
set ylabel "F\\{G\\}_{ab}"
unset logscale y
plot 0 with lines linestyle 8, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("ab_series"))) with lines linetype i, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("ab"))) with points linetype i
