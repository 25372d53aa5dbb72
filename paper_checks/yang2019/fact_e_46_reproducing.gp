# $Z_u^{(l)}(v)$ between two samples of a batch, $u\cdot v=-1/N$, over its value at $u=v$ (the dimension of the harmonics of degree $l$): by its formula
# (lines) and as the mean of $Z_uZ_v$ over the sphere (points), for batches of $B=N+1$.
set title "A zonal harmonic between two samples of a batch"
set xlabel "degree l"
set ylabel "relative to its value at u = v"
set key at graph 1.02, graph 1 left top vertical
set rmargin at screen 0.82
@tight
sizes = "3 4 6 9 32"
at(N, v) = column("N") == N ? v : NaN
plot 0 with lines linestyle 8, \
     for [i=1:words(sizes)] table using "l":(at(word(sizes, i) + 0, column("between"))) with lines linetype i title sprintf("B = %d", word(sizes, i) + 1), \
     for [i=1:words(sizes)] table using "l":(at(word(sizes, i) + 0, column("mean"))) with points linetype i
