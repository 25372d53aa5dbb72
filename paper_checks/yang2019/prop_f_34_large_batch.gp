# $B(\lambda-\lambda_\infty)$ of both forward eigenvalues (lines) tends to the corrected coefficients (dashed), not to the printed ones (dotted, with
# crosses).
set title "First order in 1/B, α = ".number("alpha").", a = ".number("a").", b = ".number("b")
set xlabel "batch size B"
set ylabel "B (λ − λ_∞)"
set logscale x
set xrange [3.5:5e4]
set format x "10^{%L}"
plot table using "B":"scaled_L" with lines linestyle 1 title "L", \
     "" using "B":"corrected_L" with lines linecolor rgb black dashtype 2 title "corrected", \
     "" using "B":"printed_L" every 3 with points linecolor rgb black pointtype 2 pointsize 0.7 title "printed", \
     "" using "B":"scaled_M" with lines linestyle 3 title "M", \
     "" using "B":"corrected_M" with lines linecolor rgb blue dashtype 2, \
     "" using "B":"printed_M" every 3 with points linecolor rgb blue pointtype 2 pointsize 0.7
