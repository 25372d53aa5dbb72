# Mean squared gradients by layer, of one input ($\tilde q$) and of two ($\tilde q_{xy}$): as printed (dashed), corrected (lines), and of drawn networks of the paper's size without (filled) and with (open) a border of zeros.
set title sprintf("Gradients through convolutions of stride %s", setting("stride"))
set xlabel "layer l"
set ylabel "mean over sites"
set xrange [0.8:setting("L") + 0.2]
set xtics 1
set logscale y
set format y "10^{%T}"
@two_rows
names = "same pair"
plot table using "l":(pick("same", column("printed"))) with lines linestyle 2 dashtype 2 title "q̃, as printed", \
     "" using "l":(pick("pair", column("printed"))) with lines linestyle 3 dashtype 2 title "q̃_{xy}, as printed", \
     "" using "l":(pick("same", column("corrected"))) with lines linestyle 2 title "q̃", \
     "" using "l":(pick("pair", column("corrected"))) with lines linestyle 3 title "q̃_{xy}", \
     for [i=1:2] "" using "l":(pick(word(names, i), column("drawn"))):"drawn_err" with yerrorbars linestyle 1 + i pointtype 7 pointsize 0.8, \
     for [i=1:2] "" using "l":(pick(word(names, i), column("border"))):"border_err" with yerrorbars linestyle 1 + i pointtype 6 pointsize 0.9
