# $1-\rho_l$ against depth from $\rho_0=1/4$ for several $s=\sigma_b^2/\sigma_w^2$: chaotic networks (small $s$) level off, critical ones fall like
# $1/l$, ordered ones (large $s$) exponentially, out of the picture.
set title "erf in its three phases, and ".setting("phi")
set xlabel "depth l"
set ylabel "1 − ρ_l"
set logscale xy
set format y "10^{%L}"
set xrange [1:4000]
set yrange [1e-8:1]
@two_rows
of(s) = strcol(1) eq "erf, s = ".s ? column("gap") : NaN
plot table using "l":(of("0.05")) with lines linestyle 3 title "s = 0.05", \
     "" using "l":(of("0.1")) with lines linestyle 7 title "s = 0.1", \
     "" using "l":(of("0.1049")) with lines linestyle 1 title "critical", \
     "" using "l":(of("0.11")) with lines linestyle 5 title "s = 0.11", \
     "" using "l":(of("0.15")) with lines linestyle 2 linewidth 2 title "s = 0.15", \
     "" using "l":(column(-1) == 10 ? column("gap") : NaN) with lines linestyle 4 dashtype 2 title setting("phi").", s = ".setting("s")
