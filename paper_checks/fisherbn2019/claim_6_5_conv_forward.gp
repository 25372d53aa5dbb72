# Second moments of $z$ by layer, of networks whose inputs have a mean image that is in part common to all sites: of one input, and of two at the same site or at different ones. Lines: the three recursions; points: drawn networks.
set title sprintf("%s × %s taps, inputs with mean products %s and %s of it", setting("kernel"), setting("kernel"), setting("pair"), setting("across"))
set xlabel "layer l"
set ylabel "second moment of z"
set xrange [0.8:setting("L") + 0.2]
set yrange [0:*]
set xtics 1
names = "'one input' 'two inputs' 'two sites'"
plot for [i=1:3] table using "x":(pick(word(names, i), column("printed"))) with lines linestyle 1 + i title word(names, i), \
     for [i=1:3] "" using "x":(pick(word(names, i), column("witness"))):"witness_err" with yerrorbars linestyle 1 + i pointtype 7 pointsize 0.8
