# For each activation the suprema of $|\phi|$ (green), $|\phi'|$ (red) and $|\phi''|$ (blue), over its Gaussian norm. The largest of the three (bar)
# is the least constant $C$ for which the activation is sigmoidal in the footnote's sense.
set title "Suprema over the Gaussian norm"
set ylabel "sup / ‖φ‖_N"
set xtics noenhanced scale 0
set xrange [-0.6:4.6]
set yrange [0:*]
set boxwidth 0.6
plot table using 0:"C":xtic(1) with boxes fillstyle transparent solid 0.3 linecolor rgb grey title "C", \
     "" using ($0 - 0.15):(column("value") / column("norm")) with points linestyle 4 pointsize 1 title "|φ|", \
     "" using 0:(column("slope") / column("norm")) with points linestyle 2 pointsize 1 title "|φ′|", \
     "" using ($0 + 0.15):(column("curvature") / column("norm")) with points linestyle 3 pointtype 9 pointsize 1.1 title "|φ″|"
