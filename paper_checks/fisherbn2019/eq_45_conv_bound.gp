# What each layer adds to the bound on the largest eigenvalue, without (vermilion) and with normalisation (blue): with the recursions as printed (dashed), corrected (lines), and in drawn networks of the paper's size without (filled) and
# with (open) a border of zeros. The first layer adds nothing.
set title sprintf("Bound by layer, %s × %s × %s inputs", setting("side"), setting("side"), setting("inputs"))
set xlabel "layer l"
set ylabel "f_l"
set xrange [1.8:setting("L") + 0.2]
set xtics 1
set logscale y
set format y "10^{%T}"
@two_rows
names = "vanilla normalised"
at(name, value) = column("l") > 1 ? pick(name, value) : NaN
plot for [i=1:2] table using "l":(at(word(names, i), column("printed"))) with lines linestyle 1 + i dashtype 2 title word(names, i)." as printed", \
     for [i=1:2] "" using "l":(at(word(names, i), column("corrected"))) with lines linestyle 1 + i title word(names, i), \
     for [i=1:2] "" using "l":(at(word(names, i), column("drawn"))):"drawn_err" with yerrorbars linestyle 1 + i pointtype 7 pointsize 0.8, \
     for [i=1:2] "" using "l":(at(word(names, i), column("border"))):"border_err" with yerrorbars linestyle 1 + i pointtype 6 pointsize 0.9
