# Mean products of gradients by layer where the output is a sum over sites: of one input, and of two at the same site or at different ones. As printed (dashed), with the numbers of sites and pairs of sites counted (lines), and in drawn networks (points).
set title sprintf("Output summed over sites, %s × %s taps, stride %s", setting("kernel"), setting("kernel"), setting("stride"))
set xlabel "layer l"
set ylabel "mean product of gradients"
set xrange [0.8:(setting("L") < 3 ? 2 : setting("L") - 0.8)]
set xtics 1
set logscale y
set format y "%g"
names = "'one input' 'two inputs' 'two sites'"
plot for [i=1:3] table using "l":(pick(word(names, i), column("printed"))) with lines linestyle 1 + i dashtype 2 title (i == 1 ? "as printed" : ""), \
     for [i=1:3] "" using "l":(pick(word(names, i), column("corrected"))) with lines linestyle 1 + i title word(names, i), \
     for [i=1:3] "" using "l":(pick(word(names, i), column("drawn"))):"drawn_err" with yerrorbars linestyle 1 + i pointtype 7 pointsize 0.8
