# Two entries of $\mathbb E[D\Lambda yy^TD+Dyy^T\Lambda D]$ for two samples of variance 1 and $\Lambda$ with 1 on and $\frac12$ off the diagonal, against their
# correlation: by quadrature (red) and as a derivative in arc-cosine kernels (lines).
set title "A mean that is a derivative, ".setting("phi") noenhanced
set xlabel "correlation of y_1 and y_2"
set ylabel "entry"
set xrange [-1:1]
plot table using "rho":"kernels_diagonal" smooth csplines with lines linestyle 3 title "diagonal", \
     "" using "rho":"kernels" smooth csplines with lines linestyle 1 title "off diagonal", \
     "" using "rho":"left" with points linestyle 2 pointsize 0.8 title "quadrature", \
     "" using "rho":"left_diagonal" with points linestyle 2 pointsize 0.8
