# Mean squared gradients by layer in a batch-normalised network, of one input ($\tilde q$, vermilion) and of two ($\tilde q_{xy}$, blue): as printed (dashed), with the right denominator alone (dotted), with sites counted too (lines), and of
# drawn networks without (filled) and with (open) a border of zeros.
set title sprintf("Gradients through batch-normalised convolutions of stride %s", setting("stride"))
set xlabel "layer l"
set ylabel "mean over sites"
set xrange [0.8:setting("L") + 0.2]
set xtics 1
set logscale y
set format y "10^{%T}"
@two_rows
names = "same pair"
plot for [i=1:2] table using "l":(pick(word(names, i), column("printed"))) with lines linestyle 1 + i dashtype 2 title (i == 1 ? "as printed" : ""), \
     for [i=1:2] "" using "l":(pick(word(names, i), column("variance"))) with lines linestyle 1 + i dashtype 3 title (i == 1 ? "variance for q" : ""), \
     "" using "l":(pick("same", column("corrected"))) with lines linestyle 2 title "q̃", \
     "" using "l":(pick("pair", column("corrected"))) with lines linestyle 3 title "q̃_{xy}", \
     for [i=1:2] "" using "l":(pick(word(names, i), column("drawn"))):"drawn_err" with yerrorbars linestyle 1 + i pointtype 7 pointsize 0.8, \
     for [i=1:2] "" using "l":(pick(word(names, i), column("border"))):"border_err" with yerrorbars linestyle 1 + i pointtype 6 pointsize 0.9
