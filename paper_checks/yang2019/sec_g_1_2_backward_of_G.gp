# The two numbers of $F\{G\}$: the series in Gegenbauer coefficients, summed to degree $l$, short of the integrals (relative to the diagonal one).
# For a smooth activation this falls geometrically, for relu, whose derivative jumps, the diagonal one like $1/l$: its value needs the integral.
set title "Series for F\\{G\\}, B = ".number("B")
set xlabel "degree l"
set ylabel "missing / F\\{G\\}_{aa}"
set logscale xy
set xrange [0.9:70]
set format y "10^{%L}"
missing(sum, whole) = (gap = abs(column(whole) - column(sum)) / column("diagonal_integral"), gap > 1e-14 ? gap : NaN)
phi = setting("phi")
plot table using "l":(pick(phi, missing("diagonal", "diagonal_integral"))) with points linestyle 1 pointtype 7 pointsize 0.5 title phi.", F_{aa}", \
     "" using "l":(pick(phi, missing("off", "off_integral"))) with points linestyle 3 pointtype 6 pointsize 0.7 title phi.", F_{ab}", \
     "" using "l":(pick("relu", missing("diagonal", "diagonal_integral"))) with points linestyle 2 title phi eq "relu" ? "" : "relu, F_{aa}", \
     "" using "l":(pick("relu", missing("off", "off_integral"))) with points linestyle 5 pointtype 6 pointsize 0.7 title phi eq "relu" ? "" : "relu, F_{ab}"
