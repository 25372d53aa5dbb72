# The correlation $c^*$ of two samples of a batch at the symmetric fixed point against the batch size: by its series in Gegenbauer coefficients (lines) and by
# quadrature over the sphere (points). Odd activations keep the centred batch's $-1/(B-1)$ in sign, even ones make it positive.
set title "The symmetric fixed point"
set xlabel "batch size B"
set ylabel "c*"
set logscale x
set xrange [3.5:1200]
@two_rows
names = "relu abs tanh gelu exp sigmoid"
plot 0 with lines linestyle 8, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("c_series"))) with lines linetype i title word(names, i) noenhanced, \
     for [i=1:words(names)] table using "B":(pick(word(names, i), column("c_sphere"))) with points linetype i
