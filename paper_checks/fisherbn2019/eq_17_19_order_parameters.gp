# Order parameters of vanilla networks layer by layer: recursions from the corrected base (lines), networks (points, with standard errors and bias). Dashed: $q$ from the base as printed.
set title "Vanilla networks, σ_w² = ".number("sigma_w2").", σ_b² = ".number("sigma_b2").", N = ".setting("N")
set xlabel "layer l"
set ylabel "order parameter"
set xtics 1
set yrange [0:*]
@tight
@two_rows
plot table using "l":"q" with lines linestyle 1 title "q", "" using "l":"printed" with lines linestyle 1 dashtype 2 title "q, printed base", \
     "" using "l":"q_measured":"q_measured_err" with yerrorbars linestyle 1 pointtype 7 pointsize 0.7, \
     "" using "l":"q_xy" with lines linestyle 3 title "q_{xy}", "" using "l":"q_xy_measured":"q_xy_measured_err" with yerrorbars linestyle 3 pointtype 7 pointsize 0.7, \
     "" using "l":"h_xy" with lines linetype 4 title "q̂_{xy}", "" using "l":"h_xy_measured":"h_xy_measured_err" with yerrorbars linetype 4 pointtype 7 pointsize 0.7, \
     "" using "l":"delta_xy" with lines linetype 2 title "q̃_{xy}", "" using "l":"delta_xy_measured":"delta_xy_measured_err" with yerrorbars linetype 2 pointtype 7 pointsize 0.7
