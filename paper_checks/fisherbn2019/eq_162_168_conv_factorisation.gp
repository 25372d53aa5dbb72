# What a layer adds to the bound when inputs are correlated, more at the same site than at different ones: factorised as in (168) (dashed), pair of sites by pair of sites (lines), and in drawn networks (points), whose read-out flattens the map
# (vermilion) or sums over it (blue).
set title sprintf("Inputs with mean products %s at a site, %s of it across", setting("pair"), setting("across"))
set xlabel "layer l"
set ylabel "f_l"
set xrange [0.8:(setting("L") < 3 ? 2 : setting("L") - 0.8)]
set xtics 1
set logscale y
set format y "10^{%T}"
@two_rows
names = "flattened pooled"
plot for [i=1:2] table using "l":(pick(word(names, i), column("factorised"))) with linespoints linestyle 1 + i pointtype 0 dashtype 2 title word(names, i).", (168)", \
     for [i=1:2] "" using "l":(pick(word(names, i), column("by_pairs"))) with lines linestyle 1 + i title word(names, i).", by pairs", \
     for [i=1:2] "" using "l":(pick(word(names, i), column("drawn"))):"drawn_err" with yerrorbars linestyle 1 + i pointtype 7 pointsize 0.8
